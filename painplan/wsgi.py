"""The web server's entry. It refuses the embedded database outside the demo, and reads the content at once."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "painplan.settings")

from painplan.serving import require_servable, warm_beside

require_servable()
application = get_wsgi_application()
warm_beside()
