package diagnose

var _ = register(&Cause{Slug: "gateway-error-without-cors", InProxy: true})
