package diagnose

var _ = register(&Cause{Slug: "redirect-https-upgrade", rules: []rule{afterRedirect("redirect-https-upgrade")}})
