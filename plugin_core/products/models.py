"""Tables of products."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from plugin_core.db import Base, BigId


class Product(Base):
    __tablename__ = "products"
    __table_args__ = (sa.UniqueConstraint("store_id", "external_id"),)
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    store_id: Mapped[int] = mapped_column(sa.ForeignKey("stores.id"))
    external_id: Mapped[str]
    modified_at: Mapped[int]
    content_hash: Mapped[str]
    title: Mapped[str]
    price: Mapped[int | None]
    currency: Mapped[str] = mapped_column(default="")
    url: Mapped[str] = mapped_column(default="")
    image_url: Mapped[str] = mapped_column(default="")
    active: Mapped[bool] = mapped_column(default=True)


class ProductCategory(Base):
    __tablename__ = "product_categories"
    __table_args__ = (
        sa.Index("ix_product_categories_store_id_category", "store_id", "category"),
        {"sqlite_with_rowid": False},
    )
    store_id: Mapped[int] = mapped_column(sa.ForeignKey("stores.id", ondelete="CASCADE"), primary_key=True)
    product_id: Mapped[str] = mapped_column(primary_key=True)  # external
    category: Mapped[str] = mapped_column(primary_key=True)
