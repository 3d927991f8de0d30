package cause

var _ = add(func() *Cause {
	return mismatch(&Cause{
		Slug: "acao-invalid-value", rank: last,
		Title:   "Access-Control-Allow-Origin is not an origin: {value}",
		When:    "Access-Control-Allow-Origin is not an origin, in a way that has no cause of its own.",
		Why:     exactly + oneOrigin,
		applies: func(*scene) bool { return true },
	}, "yes")
})
