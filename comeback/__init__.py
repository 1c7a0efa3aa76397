"""The composition root: settings, application, command line. The only package that knows everybody."""
