"""Terms of weights that somebody has accepted."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """From voices and jobs."""
    op.create_table(
        "acceptances",
        sa.Column("id", sa.Integer, autoincrement=True, nullable=False),
        sa.Column("engine", sa.String(64), nullable=False),
        sa.Column("licence", sa.String(200), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("person", sa.String, nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_acceptances"),
    )
    op.create_index("ix_acceptances_engine", "acceptances", ["engine"])


def downgrade() -> None:
    """Back to voices and jobs."""
    op.drop_table("acceptances")
