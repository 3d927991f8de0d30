package cause

import "github.com/corsac-dev/corsac/fetch/verdict"

var _ = add(func() *Cause {
	return &Cause{
		Slug: "max-age-ignored", Side: Policy, at: atPassed, Severity: verdict.SeverityWarning,
		Title:   "Browsers ignore Access-Control-Max-Age: {max-age}",
		When:    "A preflight response has an Access-Control-Max-Age that is not a number of seconds.",
		Why:     "The value is a number of seconds, in digits only. Without a valid value, browsers ask again after 5 seconds.",
		Fix:     "Write seconds, such as 7200, which is the most that Chrome accepts.",
		Example: fromApp(put(), grants("Access-Control-Allow-Methods: PUT\nAccess-Control-Max-Age: 1h"), read),
		Fixed:   answered(grants("Access-Control-Allow-Methods: PUT\nAccess-Control-Max-Age: 3600"), read),
		applies: func(s *scene) bool { return s.ignoredMaxAge().URL != "" },
	}
})
