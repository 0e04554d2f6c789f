"""The deployment on AWS: a CloudFormation template and IAM policies, generated from the declared schema.

`files` lists the files of `infra/` and their contents; nothing here calls AWS.
"""
