"""The CCHC index as a composite: rules, fairness, robustness, ratings (methods §5)."""
