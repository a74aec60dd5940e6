"""How text, numbers, tables and pages are written, whatever they say."""
