package stacks

import "github.com/corsac-dev/corsac/cmd/corsac/internal/finding"

var aspnetRule = ruleMaker("aspnet").rule

var aspnetCommon = func() *commonRules {
	c := commonRulesOf("aspnet", "ASP.NET Core")
	c.literal.Fix = "For https://*.example.com, also call SetIsOriginAllowedToAllowWildcardSubdomains. For every origin, call AllowAnyOrigin instead of WithOrigins."
	return c
}()

// The mistakes in a policy.
var (
	aspnetThrows = aspnetRule("throws-on-credentials", finding.Error, "wildcard-origin-with-credentials",
		"AllowAnyOrigin does not work with AllowCredentials",
		"ASP.NET Core throws an InvalidOperationException when it builds the policy.",
		"List the origins that may send credentials with WithOrigins.")
	aspnetAnyOrigin = aspnetRule("any-origin", finding.Note, "",
		"Every origin is allowed",
		"Any website can read the answers, also one in a frame with the origin null; requests with cookies are not possible.",
		"List the origins of your pages, unless the data is for everyone.")
	aspnetSlash = aspnetRule("trailing-slash", finding.Error, "acao-trailing-slash",
		"The origin ends with a slash",
		"ASP.NET Core compares whole strings, and browsers send origins without one, so that it matches nothing.",
		"Leave out the slash.")
	aspnetIgnored = aspnetRule("origins-ignored", finding.Error, "",
		"The list of origins is not used",
		"SetIsOriginAllowed takes the place of the comparison, so that its function alone decides.",
		"Compare with the list in the function, or leave out SetIsOriginAllowed.")
	aspnetNoOrigins = aspnetRule("no-origins", finding.Error, "origin-not-allowed",
		"The policy allows no origin",
		"No answer has CORS headers with it.",
		"List the origins with WithOrigins.")
	aspnetNoVary = aspnetRule("no-vary-on-refusal", finding.Note, "conditional-cors-without-vary",
		"Answers to other origins do not say that they depend on the origin",
		"ASP.NET Core sends Vary: Origin to allowed origins only, and older versions not even to these if the list has one. A cache may then give that answer to a page that is allowed.",
		"If caches keep the answers, add Vary: Origin to all of them.")
)

// The mistakes in what is around it.
var (
	aspnetAfterAuthorization = aspnetRule("cors-after-authorization", finding.Error, "preflight-requires-auth",
		"UseCors comes after UseAuthorization",
		"Preflights never carry credentials, so that UseAuthorization answers them, and pages cannot read its 401 and 403.",
		"Call UseCors before UseAuthorization, and after UseRouting.")
	aspnetAfterEndpoints = aspnetRule("cors-after-endpoints", finding.Error, "no-cors-headers",
		"UseCors comes after the endpoints",
		"UseEndpoints and UseMvc answer before it runs.",
		"Call UseCors before it, and after UseRouting.")
	aspnetBeforeRouting = aspnetRule("cors-before-routing", finding.Error, "no-cors-headers",
		"UseCors comes before UseRouting",
		"It does not know the endpoint yet, so that [EnableCors], [DisableCors] and RequireCors make ASP.NET Core throw an InvalidOperationException.",
		"Call UseCors between UseRouting and UseAuthorization.")
	aspnetAfterCaching = aspnetRule("cors-after-response-caching", finding.Warning, "cached-response-without-cors",
		"UseCors comes after UseResponseCaching",
		"Answers from that cache have the headers of the page that asked first, or none.",
		"Call UseCors before it.")
	aspnetNoUse = aspnetRule("no-use-cors", finding.Error, "no-cors-headers",
		"UseCors is not called",
		"AddCors only says what the policies are: no answer has CORS headers.",
		"Call app.UseCors(…) after UseRouting and before UseAuthorization.")
	aspnetUnknown = aspnetRule("unknown-policy", finding.Error, "no-cors-headers",
		"There is no policy of this name",
		"ASP.NET Core writes that to its log, and sends no CORS headers.",
		"Use the name that AddPolicy has.")
	aspnetNoDefault = aspnetRule("no-default-policy", finding.Error, "no-cors-headers",
		"UseCors() without a name, but there is no default policy",
		"Without a name, it uses the policy of AddDefaultPolicy.",
		"Write the name of the policy, or AddDefaultPolicy.")
	aspnetUnused = aspnetRule("unused-policy", finding.Warning, "no-cors-headers",
		"The policy is not used",
		"No UseCors, [EnableCors] or RequireCors names it.",
		"Name it in UseCors, or remove it.")
	aspnetTwice = aspnetRule("set-by-hand-too", finding.Warning, "duplicate-acao",
		"The headers are also set by hand",
		"Where both set Access-Control-Allow-Origin, one replaces the other, or there are two, which browsers refuse.",
		"Remove the lines that set Access-Control headers.")
)

// aspnetRules are all rules of the stack.
var aspnetRules = []*Rule{
	aspnetThrows, aspnetCommon.reflects, aspnetAnyOrigin, aspnetSlash, aspnetIgnored, aspnetNoOrigins, aspnetNoVary,
	aspnetCommon.never, aspnetCommon.literal, aspnetCommon.null, aspnetCommon.wildcardNames, aspnetCommon.partial,
	aspnetCommon.unanchored, aspnetCommon.wide, aspnetCommon.glob, aspnetCommon.unreadable,
	aspnetAfterAuthorization, aspnetAfterEndpoints, aspnetBeforeRouting, aspnetAfterCaching, aspnetNoUse, aspnetUnknown, aspnetNoDefault, aspnetUnused,
	aspnetTwice, aspnetCommon.wildcard, aspnetCommon.several, aspnetCommon.vary,
}
