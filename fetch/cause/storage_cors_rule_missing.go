package cause

var _ = add(func() *Cause {
	return &Cause{
		Slug: "storage-cors-rule-missing", Side: Policy, at: atStatus | atMissing, Confidence: likely,
		shows: []string{"Server", "x-amz-request-id", "x-ms-error-code", "x-guploader-uploadid"},
		Title: "No CORS rule of the storage bucket matches this request",
		When:  "A preflight is refused by object storage, which is recognized by its headers.",
		Why:   "Object storage accepts a preflight only if a single rule has the origin, the method and all headers; otherwise it refuses without saying what is missing.",
		Fix:   "Add a rule to the bucket that has all of these: {needs}.",
		Example: fromApp(put(), Answer{
			Status: 403, Headers: "Server: AmazonS3\nx-amz-request-id: 4442587FB7D0A2F9",
		}),
		Fixed:   answered(granted, read),
		applies: func(s *scene) bool { return s.preflight() && s.isStorage() },
	}
})

// isStorage reports whether S3 or what speaks like it, Azure Storage or Google
// Cloud Storage answers.
func (s *scene) isStorage() bool {
	return s.from("AmazonS3") || s.has("x-amz-request-id") && !s.has("x-amzn-requestid") ||
		s.answer("x-ms-error-code") == "CorsPreflightFailure" || s.from("Windows-Azure-Blob") || s.has("x-guploader-uploadid")
}
