"""The two ends of the mail of a test desk: what a customer sends is posted here, what leaves is kept in files."""

import json
import logging
import os
import time

from django.conf import settings
from django.core.mail.backends.base import BaseEmailBackend
from django.http import JsonResponse
from django.views.decorators.csrf import csrf_exempt
from helpdesk.email import extract_email_metadata
from helpdesk.models import Queue, TicketCC


class Kept(BaseEmailBackend):
    """One file for each mail, named so that they sort by time."""

    def send_messages(self, messages):
        os.makedirs(settings.EMAIL_FILE_PATH, exist_ok=True)
        for message in messages:
            name = os.path.join(settings.EMAIL_FILE_PATH, f"{time.time_ns()}-{os.getpid()}.json")
            kept = {"to": sorted(a.lower() for a in message.recipients()), "subject": message.subject, "text": message.body}
            with open(name + ".part", "w", encoding="utf-8") as f:
                json.dump(kept, f)
            os.rename(name + ".part", name)
        return len(messages)


def mails(request):
    """Every mail that has left."""
    folder = settings.EMAIL_FILE_PATH
    names = sorted(n for n in os.listdir(folder) if n.endswith(".json")) if os.path.isdir(folder) else []
    kept = []
    for name in names:
        with open(os.path.join(folder, name), encoding="utf-8") as f:
            kept.append(json.load(f))
    return JsonResponse(kept, safe=False)


@csrf_exempt
def arrive(request, slug):
    """A mail arrives, by the same way as one that was fetched from a mailbox."""
    queue = Queue.objects.get(slug=slug)
    text = request.body.decode("utf-8", "surrogateescape")
    ticket = extract_email_metadata(text, queue, logging.getLogger("helpdesk"))
    return JsonResponse({"ticket": ticket.id})


@csrf_exempt
def copies(request, ticket, address):
    """Puts somebody on the ticket's list of copies, and lets its queue notify them: the API can do neither."""
    Queue.objects.filter(ticket=ticket).update(enable_notifications_on_email_events=True)
    TicketCC.objects.create(ticket_id=ticket, email=address, can_view=True)
    return JsonResponse({})
