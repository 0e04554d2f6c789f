"""Users, plans, uses and audit entries as staff see them, and what staff send to change them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field

from api.dynamodb.schema.ids import MAX_ID
from api.dynamodb.schema.records import User
from api.http.paging import Next
from api.http.request_bodies import RequestBody, Whole
from api.staff.plans import MAX_NAME, MAX_USES


class StaffUserOut(BaseModel):
    """A user as staff see it."""

    user_id: int
    email: str | None
    name: str | None
    picture: str | None
    subscription_plan_id: int | None
    is_active: bool = Field(description="false for a closed account, which cannot sign in")
    is_staff: bool
    created_at: datetime | None
    updated_at: datetime | None
    last_login: datetime | None
    is_profile_public: bool | None = Field(description="null for a private profile")
    version: int


class StaffUserPage(BaseModel):
    """A page of users, newest first."""

    items: list[StaffUserOut]
    next: Next


class UserChanges(RequestBody):
    """What to change of a user: fields that are left out stay."""

    # Factories have no place in the schema, where a default would read as a value.
    subscription_plan_id: Annotated[Whole, Field(ge=0, le=MAX_ID)] | None = Field(
        default_factory=lambda: None, description="null takes the plan away"
    )
    is_active: bool = Field(
        default_factory=bool, description="false closes the account and ends its sessions"
    )
    is_staff: bool = Field(default_factory=bool)

    def sent_fields(self) -> dict[str, Any]:
        """The fields that were sent."""
        return self.model_dump(exclude_unset=True)


class DayUses(BaseModel):
    """A local day, and how often each action was used on it."""

    day: date
    uses: dict[str, int] = Field(examples=[{"hint": 2, "execution": 11}])


class UsesOut(BaseModel):
    """A user's uses by day, today first."""

    user_id: int
    items: list[DayUses]


Uses = Annotated[Whole, Field(ge=0, le=MAX_USES, description="uses a local day; 0 allows none")]
PlanName = Annotated[str, Field(min_length=1, max_length=MAX_NAME, pattern=r"[^\s\x1c-\x1f]")]


class StaffPlanOut(BaseModel):
    """A subscription plan."""

    plan_id: int
    name: str
    max_hints_per_day: int
    max_executions_per_day: int
    is_active: bool = Field(description="whoever has a plan that is not active has the limits of no plan")
    created_at: datetime | None


class StaffPlanPage(BaseModel):
    """A page of plans by id."""

    items: list[StaffPlanOut]
    next: Next


class PlanIn(RequestBody):
    """A new plan."""

    name: PlanName
    max_hints_per_day: Uses
    max_executions_per_day: Uses
    is_active: bool = True


class PlanChanges(RequestBody):
    """What to change of a plan: fields that are left out stay."""

    name: PlanName = Field(default_factory=str)
    max_hints_per_day: Uses = Field(default_factory=int)
    max_executions_per_day: Uses = Field(default_factory=int)
    is_active: bool = Field(default_factory=bool)

    def sent_fields(self) -> dict[str, Any]:
        """The fields that were sent."""
        return self.model_dump(exclude_unset=True)


class AuditOut(BaseModel):
    """What a member of staff changed."""

    audit_id: int
    staff_id: int
    action: str = Field(examples=["user.update", "problem.publish"])
    target: str = Field(examples=["user 7"])
    changes: Any = Field(
        description="by field its old and new value; long texts are shortened, of a person's data no value is kept",
        examples=[{"is_active": {"old": True, "new": False}}],
    )
    created_at: datetime


class AuditPage(BaseModel):
    """A page of the audit log, newest first."""

    items: list[AuditOut]
    next: Next


def user_document(user: User) -> dict[str, Any]:
    """A `StaffUserOut`: all but the Google account."""
    return {name: value for name, value in user.items() if name != "google_id"}
