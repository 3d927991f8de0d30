package diagnose

var _ = register(&Cause{Slug: "preflight-redirect-https", rules: []rule{afterPreflight("preflight-redirect-https")}})
