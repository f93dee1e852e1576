"""Run by "seed": fills an empty database with two queues, two agents with tokens, a customer, and custom fields."""

import os
import secrets

import django

django.setup()

from django.contrib.auth import get_user_model  # noqa: E402
from django.contrib.auth.models import Permission  # noqa: E402
from django.contrib.sites.models import Site  # noqa: E402
from django.core.management import call_command  # noqa: E402
from rest_framework.authtoken.models import Token  # noqa: E402

from helpdesk.models import CustomField, Queue  # noqa: E402

call_command("migrate", verbosity=0, interactive=False)
User = get_user_model()
env = [f"DJH_URL={os.environ['SEED_BASE']}"]


def user(login, first, last, staff):
    u = User(username=login, first_name=first, last_name=last, email=f"{login}@desk.example", is_staff=staff)
    password = secrets.token_hex(8)
    u.set_password(password)
    u.save()
    env.append(f"DJH_TOKEN_{login.upper()}={Token.objects.create(user=u).key}")
    env.append(f"DJH_PASSWORD_{login.upper()}={password}")
    return u


Site.objects.filter(pk=1).update(domain="desk.example", name="ticketty test desk")
agents = [user("mika", "Mika", "Kato", True), user("ben", "Ben", "Osei", True)]
user("nora", "Nora", "Lind", False)
for slug, title in [("shop", "Shop"), ("billing", "Billing"), ("vault", "Vault")]:
    Queue.objects.create(title=title, slug=slug, email_address=f"{slug}@desk.example", allow_email_submission=True)
    # Nobody works in the vault.
    if slug != "vault":
        for agent in agents:
            agent.user_permissions.add(Permission.objects.get(codename=f"queue_access_{slug}"))
CustomField.objects.create(name="tags", label="Tags", data_type="varchar", max_length=200, required=False, ordering=1)

fd = os.open(os.environ["SEED_ENV"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
with os.fdopen(fd, "w") as f:
    f.write("\n".join(env) + "\n")
