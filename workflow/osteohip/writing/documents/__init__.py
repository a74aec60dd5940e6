"""One Markdown text as HTML, PDF and DOCX, which open offline and have the same bytes again."""
