"""A whole Oscar shop in one file: `shop.py prepare` makes a product in three sizes, `shop.py runserver` starts it."""

import os
import sys
from pathlib import Path

import django
from django.conf import settings
from oscar import INSTALLED_APPS, defaults

here = Path(__file__).resolve().parent
settings.configure(
    **{name: value for name, value in vars(defaults).items() if name.startswith("OSCAR_")},
    SECRET_KEY="only for tests",
    DEBUG=True,
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF="shop",
    BASE_DIR=here,
    SITE_ID=1,
    USE_TZ=True,
    STATIC_URL="/static/",
    MEDIA_ROOT=here / "media",
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": here / "shop.sqlite", "ATOMIC_REQUESTS": True}},
    HAYSTACK_CONNECTIONS={"default": {"ENGINE": "haystack.backends.simple_backend.SimpleEngine"}},
    INSTALLED_APPS=[
        *INSTALLED_APPS,
        "rest_framework",
        "oscarapi",
        "sorl.thumbnail",
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "django.middleware.http.ConditionalGetMiddleware",
        "oscar.apps.basket.middleware.BasketMiddleware",
    ],
    AUTHENTICATION_BACKENDS=["oscar.apps.customer.auth_backends.EmailBackend", "django.contrib.auth.backends.ModelBackend"],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.debug",
                    "django.template.context_processors.request",
                    "django.contrib.auth.context_processors.auth",
                    "django.contrib.messages.context_processors.messages",
                    "oscar.apps.search.context_processors.search_form",
                    "oscar.apps.checkout.context_processors.checkout",
                    "oscar.apps.communication.notifications.context_processors.notifications",
                    "oscar.core.context_processors.metadata",
                ]
            },
        }
    ],
    REST_FRAMEWORK={"DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.BasicAuthentication"]},
    OSCARAPI_BLOCK_ADMIN_API_ACCESS=False,
)
sys.modules.setdefault("shop", sys.modules[__name__])
django.setup()

from django.apps import apps  # noqa: E402
from django.core.management import call_command, execute_from_command_line  # noqa: E402
from django.urls import include, path  # noqa: E402

urlpatterns = [
    path("api/", include("oscarapi.urls")),
    path("", include(apps.get_app_config("oscar").urls[0])),
]


def prepare():
    call_command("migrate", verbosity=0)
    from django.contrib.auth import get_user_model
    from oscar.core.loading import get_model

    get_user_model().objects.create_superuser("admin", "admin@shop.example", "admin")
    kind = get_model("catalogue", "ProductClass").objects.create(name="Jacket", track_stock=True)
    attribute = get_model("catalogue", "ProductAttribute")
    for name in ("Size", "Colour"):
        attribute.objects.create(product_class=kind, name=name, code=name.lower(), type="text")
    product = get_model("catalogue", "Product")
    parent = product.objects.create(title="Corps Jacket", upc="CJ", structure="parent", product_class=kind)
    partner = get_model("partner", "Partner").objects.create(name="House", code="house")
    for size, count in (("S", 5), ("M", 0), ("L", 0)):
        child = product(title=f"Corps Jacket {size}", upc=f"CJ-{size}", structure="child", parent=parent)
        child.attr.size, child.attr.colour = size, "Black"
        child.save()
        record = get_model("partner", "StockRecord")
        record.objects.create(product=child, partner=partner, partner_sku=f"CJ-{size}", price="129.00", price_currency="EUR", num_in_stock=count)


if __name__ == "__main__":
    if sys.argv[1:] == ["prepare"]:
        prepare()
    else:
        execute_from_command_line(sys.argv)
