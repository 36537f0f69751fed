"""Jobs know who asked for them."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Jobs from before belong to whoever runs the house."""
    op.add_column("jobs", sa.Column("owner", sa.String(200), nullable=False, server_default=""))
    op.create_index("ix_jobs_owner", "jobs", ["owner"])


def downgrade() -> None:
    """Everybody sees all jobs again."""
    op.drop_index("ix_jobs_owner", "jobs")
    op.drop_column("jobs", "owner")
