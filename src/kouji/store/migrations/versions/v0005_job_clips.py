"""Jobs may bring clips along; what lies where, by whose consent, and until when."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """No job from before has a clip."""
    op.create_table(
        "job_clips",
        sa.Column("job", sa.String(32), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("place", sa.String, nullable=False),
        sa.Column("consent", sa.String(32), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("gone_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("job", "sha256", name="pk_job_clips"),
        sa.ForeignKeyConstraint(["consent"], ["consents.id"], name="fk_job_clips_consent"),
    )
    op.create_index("ix_job_clips_gone_at", "job_clips", ["gone_at"])


def downgrade() -> None:
    """What lies around then is nobody's: let the jobs end first."""
    op.drop_table("job_clips")
