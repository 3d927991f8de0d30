package cause

var _ = add(func() *Cause {
	return mismatch(&Cause{
		Slug:    "acao-literal-regex",
		Title:   "Access-Control-Allow-Origin is a regular expression: {value}",
		When:    "Access-Control-Allow-Origin has the characters of a regular expression.",
		Why:     oneOrigin + "Patterns are for the server, which compares them with the page's origin.",
		Fix:     "Compare Origin with the expression in the server, and respond with {sent} itself, with Vary: Origin.",
		applies: func(s *scene) bool { return s.isOneValue() && s.isExpression() },
	}, `^https://.*\.example\.com$`)
})
