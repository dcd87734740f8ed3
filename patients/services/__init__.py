"""Writes to the patient record. Every public function takes `actor` first, runs in one transaction and leaves one row
in the audit trail (`state_problems` one for each problem); `tests/patients/test_services.py` walks through all of them
and proves it.
"""

from patients.services.care import add_task, finish_task, join_care_team, leave_care_team
from patients.services.details import DETAIL_FIELDS, OLDEST_AGE, Details, correct_details, register_patient
from patients.services.entries import (
    StatedProblem,
    record_allergy,
    record_measurement,
    record_medicine,
    record_preference,
    record_trial,
    review_medicines,
    review_problem_list,
    state_no_known_allergies,
    state_problem,
    state_problems,
    stop_medicine,
    withdraw,
    write_note,
)
from patients.services.orders import Order, place_orders, undo_orders
from patients.services.shared import ChangedMeanwhile, PossibleDuplicates, RecordRefused

__all__ = [
    "DETAIL_FIELDS",
    "OLDEST_AGE",
    "ChangedMeanwhile",
    "Details",
    "Order",
    "PossibleDuplicates",
    "RecordRefused",
    "StatedProblem",
    "add_task",
    "correct_details",
    "finish_task",
    "join_care_team",
    "leave_care_team",
    "place_orders",
    "record_allergy",
    "record_measurement",
    "record_medicine",
    "record_preference",
    "record_trial",
    "register_patient",
    "review_medicines",
    "review_problem_list",
    "state_no_known_allergies",
    "state_problem",
    "state_problems",
    "stop_medicine",
    "undo_orders",
    "withdraw",
    "write_note",
]
