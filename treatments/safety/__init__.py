"""The live check: the whole list of a patient, taken and planned, looked at together. Pure.

`whole` makes the list and its days, `interactions` looks at two medicines, `burdens` adds up and finds the removal that
helps most, `opioids` shows the arithmetic of morphine equivalents, `ceilings` compares what is taken with the highest
dose, `topics` says once what concerns the plan as a whole, `causes` folds what has one cause. What they ask for stands
in knowledge/safety.yaml (`table`); `treatments.plan_checks` puts them together.
"""
