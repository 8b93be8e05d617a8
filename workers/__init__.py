"""Celery workers that take a claim through allocate, associate, annotate and release."""
