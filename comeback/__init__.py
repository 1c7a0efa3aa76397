"""The composition root: settings, application, command line. The only package that knows everybody."""

__version__ = "0.1.0"
