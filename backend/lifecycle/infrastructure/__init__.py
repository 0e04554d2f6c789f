"""The table as it is deployed on AWS: a CloudFormation template and IAM policies, made from the declared schema.

`files` says which files of `infra/` there are and what stands in them; nothing here calls AWS.
"""
