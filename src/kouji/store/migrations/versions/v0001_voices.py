"""Voices, their consents and clips; protected voices; the audit log."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """From nothing."""
    op.create_table(
        "consents",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("person", sa.String, nullable=False),
        sa.Column("statement", sa.String, nullable=False),
        sa.Column("until", sa.Date),
        sa.Column("clips", sa.JSON, nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_consents"),
    )
    op.create_table(
        "voices",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("language", sa.String(16), nullable=False),
        sa.Column("gender", sa.String(16), nullable=False),
        sa.Column("description", sa.String, nullable=False),
        sa.Column("transcript", sa.String, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("consent", sa.String(32), nullable=False),
        sa.Column("embedding", sa.LargeBinary, nullable=False),
        sa.Column("findings", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_voices"),
        sa.ForeignKeyConstraint(["consent"], ["consents.id"], name="fk_voices_consent"),
    )
    op.create_table(
        "clips",
        sa.Column("voice", sa.String(64), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("blob", sa.String(64), nullable=False),
        sa.Column("duration", sa.Float, nullable=False),
        sa.Column("weight", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("voice", "position", name="pk_clips"),
        sa.ForeignKeyConstraint(
            ["voice"], ["voices.name"], name="fk_clips_voice", ondelete="CASCADE", onupdate="CASCADE"
        ),
    )
    op.create_index("ix_clips_blob", "clips", ["blob"])
    op.create_table(
        "protected",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("note", sa.String, nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("embedding", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_protected"),
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer, autoincrement=True, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("action", sa.String(32), nullable=False),
        sa.Column("voice", sa.String, nullable=False),
        sa.Column("details", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )
    op.create_index("ix_audit_at", "audit", ["at"])
    op.create_index("ix_audit_voice", "audit", ["voice"])


def downgrade() -> None:
    """Back to nothing."""
    for table in ("audit", "protected", "clips", "voices", "consents"):
        op.drop_table(table)
