"""An index of a chain's bills, money and papers in SQL: filled from events, rebuilt from them at any time, and asked
for a bill's lineage and an auditor's questions."""
