"""The budget: what all DynamoDB of the account may cost in a month, told before and after it is reached.

A budget follows the bill, hours late, and no table: AWS tells the cost of a table only by a tag that the account
has activated as a cost allocation tag. The alarms on consumed units ring within minutes.
"""

from __future__ import annotations

from typing import Any

from lifecycle.infrastructure.alarms import HAS_TOPIC

RESOURCE = "MonthlyBudget"
PARAMETER = "MonthlyDollars"
HAS_BUDGET = "HasBudget"
# Percent of the budget: what was spent, and what the month will cost if it goes on so.
_NOTIFICATIONS = (("ACTUAL", 80), ("ACTUAL", 100), ("FORECASTED", 100))


def parameters() -> dict[str, Any]:
    """The template's parameter for the budget."""
    return {
        PARAMETER: {
            "Type": "Number",
            "Default": 0,
            "MinValue": 0,
            "Description": "US dollars a month that all DynamoDB of this account may cost; 0 makes no budget.",
        }
    }


def conditions() -> dict[str, Any]:
    """There is a budget where it has an amount, and a topic to tell."""
    has_amount = {"Fn::Not": [{"Fn::Equals": [{"Ref": PARAMETER}, 0]}]}
    return {HAS_BUDGET: {"Fn::And": [has_amount, {"Condition": HAS_TOPIC}]}}


def resources() -> dict[str, Any]:
    """The budget as CloudFormation takes it."""
    subscribers = [{"SubscriptionType": "SNS", "Address": {"Ref": "AlarmTopicArn"}}]
    notifications = [
        {
            "Notification": {
                "NotificationType": kind,
                "ComparisonOperator": "GREATER_THAN",
                "Threshold": percent,
                "ThresholdType": "PERCENTAGE",
            },
            "Subscribers": subscribers,
        }
        for kind, percent in _NOTIFICATIONS
    ]
    budget = {
        "BudgetName": {"Fn::Sub": "${TableName}-${Environment}-dynamodb"},
        "BudgetType": "COST",
        "TimeUnit": "MONTHLY",
        "BudgetLimit": {"Amount": {"Ref": PARAMETER}, "Unit": "USD"},
        "CostFilters": {"Service": ["Amazon DynamoDB"]},
    }
    return {
        RESOURCE: {
            "Type": "AWS::Budgets::Budget",
            "Condition": HAS_BUDGET,
            "Properties": {"Budget": budget, "NotificationsWithSubscribers": notifications},
        }
    }
