from django.conf import settings
from django.contrib import admin
from django.urls import include, path, re_path
from django.views.static import serve

from desk import mails

urlpatterns = [
    path("test/mails/", mails.mails),
    path("test/arrive/<slug:slug>/", mails.arrive),
    path("test/copies/<int:ticket>/<str:address>/", mails.copies),
    path("admin/", admin.site.urls),
    re_path(r"^media/(?P<path>.*)$", serve, {"document_root": settings.MEDIA_ROOT}),
    path("", include("helpdesk.urls", namespace="helpdesk")),
]
