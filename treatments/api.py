"""The proposal of a patient as JSON, in the form of knowledge/proposal.schema.json."""

from __future__ import annotations

import json
from uuid import UUID

from django.http import Http404
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import Denied, actor_of
from patients.access import patient_for
from treatments.snapshot import complete_text, snapshot


class ProposalView(APIView):
    """GET: what may be done for this patient today, by the record and the release in force."""

    def get(self, request: Request, patient_id: UUID) -> Response:
        """The proposal; 404 for a patient of another organisation."""
        patient = patient_for(actor_of(request._request), patient_id)
        # Through the canonical text, so that the answer is what a signature would keep.
        shown = snapshot(patient, timezone.localdate())
        return Response(json.loads(complete_text(shown.facts, shown.rulebook, shown.proposal)))

    def handle_exception(self, exc: Exception) -> Response:
        """Refusals go on to the middleware, which leaves their trace in the audit trail."""
        if isinstance(exc, Denied | Http404):
            raise exc
        return super().handle_exception(exc)


proposal = ProposalView.as_view()
