package stacks

import "github.com/corsac-dev/corsac/cmd/corsac/internal/finding"

var springRule = ruleMaker("spring").rule

var springCommon = commonRulesOf("spring", "Spring")

// The mistakes in a configuration.
var (
	springThrows = springRule("throws-on-credentials", finding.Error, "wildcard-origin-with-credentials",
		"* does not work with credentials",
		"Spring throws an IllegalArgumentException: at the start for an annotation, and for each request otherwise, which is answered with 500.",
		"List the origins that may send credentials. allowedOriginPatterns with * stops the exception, but lets any website read what its visitors' cookies open.")
	springAnyOrigin = springRule("any-origin", finding.Note, "",
		"Every origin is allowed",
		"Any website can read the answers, also one in a frame with the origin null; requests with cookies are not possible.",
		"List the origins of your pages, unless the data is for everyone.")
	springKept = springRule("permit-defaults-kept", finding.Error, "",
		"What is added does not replace the defaults",
		"After applyPermitDefaultValues, methods such as addAllowedOrigin add to the list, in which * stays.",
		"Use setAllowedOrigins, setAllowedMethods and setAllowedHeaders, or leave out applyPermitDefaultValues.")
	springNoOrigins = springRule("no-origins", finding.Error, "origin-not-allowed",
		"No origin is allowed",
		"A new CorsConfiguration allows nothing: Spring answers 403 and Invalid CORS request.",
		"List the origins with setAllowedOrigins.")
	springNoMethods = springRule("no-methods", finding.Warning, "method-not-allowed",
		"Only GET and HEAD are allowed",
		"That is what a new CorsConfiguration, and the properties of Spring, allow without a list of methods: a POST of a page gets 403 and Invalid CORS request.",
		"List the methods that your pages use.")
	springNoHeaders = springRule("no-headers", finding.Note, "header-not-allowed",
		"No request header is allowed",
		"A preflight that names a header, such as Content-Type for JSON or Authorization, gets 403.",
		"List the headers that your pages send.")
	springMethodLeft = springRule("method-left-out", finding.Note, "method-not-allowed",
		"A method is not allowed that browsers send without asking",
		"Spring compares the method of every request of another origin, and answers 403 to those that are not in the list.",
		"Add the method, unless no page may use it.")
	springMethodCase = springRule("method-case", finding.Error, "method-case-mismatch",
		"A method is not in upper case",
		"Spring does not know it, so that the method is not allowed.",
		"Write the method in upper case.")
	springOneString = springRule("origins-in-one-string", finding.Warning, "acao-list-of-origins",
		"Several origins in one string",
		"Older versions of Spring compare the string as it is, so that it matches nothing.",
		"Write each origin as a string of its own.")
	springWide = springRule("pattern-too-wide", finding.Error, "",
		"The pattern for origins matches domains of others",
		"An asterisk is any text, also one with dots, and here it stands in or beside the name that somebody can register.",
		"Write whole labels before the domain: https://*.example.com.")
	springCredentialsText = springRule("credentials-not-boolean", finding.Error, "acac-missing",
		"allowCredentials is neither true nor false",
		"Spring throws an IllegalStateException at the start for another text.",
		`Write allowCredentials = "true".`)
	springOneLevel = springRule("one-level-only", finding.Warning, "cors-missing-on-route",
		"The pattern is for one part of a path only",
		"A * stands for one part between slashes, so that /api/items/1 is not among the paths.",
		"Write ** for everything below.")
)

// The mistakes in what is around it.
var (
	springSecurity = springRule("security-without-cors", finding.Error, "preflight-requires-auth",
		"Spring Security does not know about CORS",
		"Its filters run before controllers and answer preflights, which never carry credentials, with 401 or 403.",
		"Call http.cors(Customizer.withDefaults()) in the SecurityFilterChain.")
	springSecurityOff = springRule("security-cors-disabled", finding.Error, "preflight-requires-auth",
		"CORS is switched off in Spring Security",
		"That does not allow anything: the filter that answers preflights before authentication is missing, so that they get 401 or 403.",
		"Write cors(Customizer.withDefaults()).")
	springFilterLate = springRule("filter-after-security", finding.Warning, "preflight-requires-auth",
		"The filter has no order",
		"A FilterRegistrationBean comes last by itself, after Spring Security, which answers preflights with 401.",
		"Call bean.setOrder(Ordered.HIGHEST_PRECEDENCE).")
	springHandlers = springRule("handlers-only", finding.Note, "preflight-not-routed",
		"Only answers of controllers have the headers",
		"A path without a handler, and what a filter answers, have none.",
		"For all paths, use a CorsFilter: see corsac generate spring.")
	springByHand = springRule("set-by-hand-too", finding.Warning, "",
		"The headers are also set by hand",
		"Where Access-Control-Allow-Origin is set already, Spring does not look at its own configuration.",
		"Remove the lines that set Access-Control headers.")
	springActuator = springRule("open-actuator", finding.Warning, "",
		"Every website can read the actuator",
		"A page in the browser of somebody in your network reads metrics, settings and more from there.",
		"List the origins of the pages that need it.")
	springNoProperty = springRule("no-such-property", finding.Warning, "no-cors-headers",
		"Spring has no such property",
		"There are properties for CORS of the actuator, of GraphQL and of Spring Cloud Gateway only; others are ignored without a word.",
		"Use a CorsFilter: see corsac generate spring.")
)

// springRules are all rules of the stack.
var springRules = []*Rule{
	springThrows, springCommon.reflects, springAnyOrigin, springKept, springNoOrigins, springNoMethods, springNoHeaders, springMethodLeft, springMethodCase,
	springOneString, springWide, springCredentialsText, springOneLevel, springCommon.never, springCommon.literal, springCommon.null, springCommon.wildcardNames,
	springSecurity, springSecurityOff, springFilterLate, springHandlers, springByHand, springActuator, springNoProperty,
	springCommon.wildcard, springCommon.several, springCommon.vary,
}
