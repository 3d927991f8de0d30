package cause

var _ = add(func() *Cause {
	return &Cause{
		Slug: "header-not-allowed", Side: Policy, at: atHeaders, rank: last, shows: askedAndAllowed,
		Title:   "The server's policy does not allow the header {refused}",
		When:    "The preflight is allowed for the page's origin, and Access-Control-Allow-Headers lacks a header.",
		Why:     listHeader,
		Fix:     "Add {refused} to the headers that the policy allows.",
		Example: fromApp(get(key), grants("Access-Control-Allow-Headers: Content-Type")),
		Fixed:   answered(granted, read),
		applies: func(*scene) bool { return true },
	}
})
