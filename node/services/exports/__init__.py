"""The forms of an export: CSV, XLSX and PDF twins with the same rows and the same digest."""
