package diagnose

var _ = register(&Cause{Slug: "redirect-downgrade-mixed-content", InProxy: true})
