"""The invented patients of the demo: told as stories by pure modules, and written through the services of the apps.

story      what one patient's story is made of
library    the case library as stories
profiles   what the invented patients are drawn from (profiles.yaml)
generate   about two hundred stories from a seed and a day
write      stories to the record, through services, as the people of the demo
"""
