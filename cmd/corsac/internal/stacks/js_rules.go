package stacks

import "github.com/corsac-dev/corsac/cmd/corsac/internal/finding"

// ruleBook collects the rules of a stack.
type ruleBook struct {
	ruleMaker

	all []*Rule
}

// add adds a rule and returns it; cause may be "".
func (b *ruleBook) add(id string, severity finding.Severity, cause, title, why, fix string) *Rule {
	r := b.rule(id, severity, cause, title, why, fix)
	b.all = append(b.all, r)
	return r
}

// jsWords are what the texts of a package for CORS need.
type jsWords struct {
	// list says how to list several origins: a sentence.
	list string
	// methods, headers and expose are the names of options.
	methods, headers, expose string
	// call is how its middleware is added, such as app.use(cors(…)).
	call string
}

// jsRules are the mistakes that packages for CORS of JavaScript share.
type jsRules struct {
	ruleBook

	anyOrigin, anyOriginWithCredentials               *Rule
	unanchored, openDot, originInPart                 *Rule
	headersReflected, wildcardHeaders, wildcardExpose *Rule
	unknownOption, methodCase                         *Rule

	// These are nil for packages that cannot have them.
	wildcardWithCredentials                                                *Rule
	constantOrigin, stateful, originError, originFalse, originFromEnv      *Rule
	defaultMethods, preflightContinue, preflightStatus, credentialsNotTrue *Rule
	leftOut, everyOptions                                                  *Rule

	origins *originRules
	hand    *handRules
}

// newJSRules returns the rules that all packages share.
func newJSRules(stack string, w jsWords) *jsRules {
	r := &jsRules{ruleBook: ruleBook{ruleMaker: ruleMaker(stack)}}
	r.anyOrigin = r.add("any-origin", finding.Note, "", "Every origin is allowed",
		"Any website, also one in a sandbox with the origin null, can read the answers; requests with cookies are not possible.",
		w.list+" Leave it as it is if the data is for everyone.")
	r.anyOriginWithCredentials = r.add("any-origin-with-credentials", finding.Error, "", "Every origin is allowed, with credentials",
		"The origin of each request is repeated, so that any website can read what belongs to the user who is logged in.", w.list)
	r.unanchored = r.add("regexp-unanchored", finding.Error, "", "The regular expression matches parts of an origin",
		"Without ^ at its beginning and $ at its end it also matches https://app.example.com.evil.example or https://evilexample.com.",
		"Begin it with ^https:\\/\\/ and end it with $.")
	r.openDot = r.add("regexp-unescaped", finding.Error, "", "A dot in the regular expression matches every character",
		"Somebody else can register a domain that differs in this place, such as appxexample.com.", "Write \\. for a dot.")
	r.originInPart = r.add("origin-in-part", finding.Error, "", "Only a part of the origin is compared",
		"Origins of others have this part, too, such as https://app.example.com.evil.example or https://evilexample.com.",
		"Compare the whole origin with ===, or with an expression from ^https:\\/\\/ to $.")
	r.headersReflected = r.add("headers-reflected", finding.Warning, "", "Every request header is allowed",
		"Without "+w.headers+", the package repeats whatever headers a preflight asks for.", "List the headers that your pages send in "+w.headers+".")
	r.wildcardHeaders = r.add("wildcard-headers-with-credentials", finding.Error, "wildcard-headers-with-credentials", w.headers+" is *, with credentials",
		"With credentials, browsers take * for the name of a header.", "List the headers that your pages send.")
	r.wildcardExpose = r.add("wildcard-expose-with-credentials", finding.Error, "wildcard-expose-with-credentials", w.expose+" is *, with credentials",
		"With credentials, browsers take * for the name of a header.", "List the headers that your pages read.")
	r.methodCase = r.add("method-case", finding.Error, "method-case-mismatch", "A method is not in upper case",
		"Browsers compare methods as they are written, and send PUT, PATCH and DELETE.", "Write the method in upper case.")
	r.origins = r.originRules()
	r.hand = r.handRules(w)
	return r
}

// addWildcardWithCredentials adds the rule for *, where that is sent with
// credentials.
func (r *jsRules) addWildcardWithCredentials(w jsWords) {
	r.wildcardWithCredentials = r.add("wildcard-with-credentials", finding.Error, "wildcard-origin-with-credentials", "credentials: true with the origin *",
		"Browsers refuse every answer to a request with credentials that allows the origin *.", w.list)
}

// addUnknownOption adds the rule for options that a package does not have.
func (r *jsRules) addUnknownOption(title, options string) {
	r.unknownOption = r.add("unknown-option", finding.Error, "", title,
		"It is ignored without a word. The options are "+options+".", "Use the name of the option that is meant.")
}

// addDefaultMethods adds the rule for methods that are allowed without a list.
func (r *jsRules) addDefaultMethods(w jsWords, methods string) {
	r.defaultMethods = r.add("default-methods", finding.Note, "", "PUT, PATCH and DELETE are allowed",
		"Without "+w.methods+", the package allows "+methods+".", "List the methods that your pages use in "+w.methods+".")
}

// addConstantOrigin adds the rule for a single origin that is sent to everyone.
func (r *jsRules) addConstantOrigin(fix string) {
	r.constantOrigin = r.add("constant-origin", finding.Note, "acao-other-origin", "The only origin is that of a page in development, as a string",
		"The package compares nothing: pages of other origins get this origin, too, as do requests without one, and a second origin cannot be added to the string, such as that of the deployed page.", fix)
}

// addPreflights adds the rules for the options of the npm package cors that
// @fastify/cors has, too.
func (r *jsRules) addPreflights() {
	r.originError = r.add("origin-error", finding.Warning, "server-error-without-cors", "The function for origin answers with an error",
		"It becomes a 500 without CORS headers, for other origins and, unless the function handles it, for requests without an origin.",
		"Give origin an array: others then get an answer without the header.")
	r.preflightContinue = r.add("preflight-continue", finding.Warning, "preflight-not-routed", "preflightContinue leaves preflights to the routes",
		"A path without a route for OPTIONS then answers 404, or asks for a login.", "Leave out preflightContinue.")
	r.preflightStatus = r.add("preflight-status", finding.Error, "preflight-bad-status", "optionsSuccessStatus is not a success",
		"Browsers refuse preflights with another status than 200 to 299.", "Leave out optionsSuccessStatus.")
}

// addStateful adds the rule for expressions that remember where they were.
func (r *jsRules) addStateful() {
	r.stateful = r.add("regexp-stateful", finding.Error, "inconsistent-backends", "The regular expression has the flag g or y",
		"With it, the expression remembers where it was, so that every second request is refused.", "Leave out the flag.")
}

// addOriginFromEnv adds the rule for an origin from an environment variable that
// may be missing; then says what the package does without it.
func (r *jsRules) addOriginFromEnv(cause, then string) {
	r.originFromEnv = r.add("origin-from-env", finding.Warning, cause, "origin comes from an environment variable that may be missing",
		"Where the variable is not set, origin is undefined, and "+then, "Give a default, or stop the server at its start if the variable is missing.")
}

// placeRules are the mistakes in where a middleware stands.
type placeRules struct{ afterRoutes, afterAuth, twice *Rule }

func (r *placeRules) all() []*Rule { return []*Rule{r.afterRoutes, r.afterAuth, r.twice} }

// onlyUnanswered is why a middleware must stand before routes, in most frameworks.
const onlyUnanswered = "A middleware sees only the requests that no route before it has answered."

// placeRules returns them: first says where to put the middleware, routes why it
// must be before them, and twice what must not be.
func (m ruleMaker) placeRules(first, routes, twice string) *placeRules {
	return &placeRules{
		afterRoutes: m.rule("cors-after-routes", finding.Error, "cors-only-on-preflight", "cors() comes after routes", routes, first),
		afterAuth: m.rule("cors-after-auth", finding.Error, "preflight-requires-auth", "cors() comes after authentication",
			"A preflight never carries a cookie or a token, so that it is refused before cors() sees it; and no page can read the answers 401 and 403.", first),
		twice: m.rule("cors-twice", finding.Warning, "", twice,
			"The first answers preflights, and the last one sets the headers of answers: the settings of both are mixed.", "Leave one call."),
	}
}

// originRules returns the rules about one origin that is compared as it stands.
func (b *ruleBook) originRules() *originRules {
	add := func(id, cause, title, why, fix string) *Rule {
		return b.add("origin-"+id, finding.Error, cause, title, why+", so that it matches nothing.", fix)
	}
	return &originRules{
		slash:    add("slash", "acao-trailing-slash", "The origin ends with a slash", "Browsers send origins without one", "Leave out the slash."),
		path:     add("path", "acao-has-path", "The origin has a path", "Browsers send scheme, host and port only", "Leave out the path."),
		scheme:   add("scheme", "acao-missing-scheme", "The origin has no scheme", "Browsers send https:// or http:// before the host", "Write https:// or http:// before it."),
		upper:    add("case", "acao-case-mismatch", "The origin is not in lower case", "Browsers send origins in lower case", "Write it in lower case."),
		port:     add("default-port", "acao-default-port", "The origin has the default port of its scheme", "Browsers leave it out", "Leave out the port."),
		wildcard: add("wildcard", "acao-subdomain-wildcard", "An origin with * is compared as it stands", "* has no meaning within an origin", "Write a regular expression with ^ and $."),
		list:     add("list", "acao-list-of-origins", "Several origins in one string", "The string is sent or compared as a whole", "Write an array with one string per origin."),
		null: b.add("origin-null", finding.Error, "acao-literal-null", "The origin null is allowed",
			"Every website can have this origin, with a frame that has the attribute sandbox.", "Serve the page over http instead of from a file, and list its origin."),
		code:  add("quoted-code", "acao-invalid-value", "The origin is code in quotes", "In quotes it is a text, which is never replaced by the value", "Leave out the quotes, or write ` for them around ${…}."),
		other: add("invalid", "acao-invalid-value", "The string is not an origin", "Browsers send scheme, host and port", "Write it as the console of the browser shows it, such as https://app.example.com."),
	}
}

// handRules are the mistakes in headers that are set by hand.
type handRules struct {
	beside, alone, anyOrigin, reflected, wildcard, preflight, vary, misspelled, notTrue *Rule
}

func (b *ruleBook) handRules(w jsWords) *handRules {
	instead := "Use " + w.call + " with the origins of your pages, and leave out the header."
	return &handRules{
		beside: b.add("header-beside-cors", finding.Error, "acao-other-origin", "A CORS header is set besides "+w.call,
			"It takes the place of the header that is there: * does not work with credentials, and another origin is not that of the page.", "Leave it to "+w.call+"."),
		alone: b.add("header-in-handler", finding.Warning, "preflight-without-cors-headers", "A single handler sets CORS headers",
			"Preflights, errors and other routes get none.", instead),
		anyOrigin: b.add("header-any-origin", finding.Warning, "", "Every origin is allowed, by hand", "Any website can read the answers.", instead),
		reflected: b.add("header-reflects-origin", finding.Error, "", "Every origin is allowed, with credentials, by hand",
			"The origin of each request is repeated, so that any website can read what belongs to the user who is logged in.", instead),
		wildcard: b.add("header-wildcard-with-credentials", finding.Error, "wildcard-origin-with-credentials", "Access-Control-Allow-Origin: * with credentials",
			"Browsers refuse every answer to a request with credentials that allows the origin *.", instead),
		preflight: b.add("preflight-unanswered", finding.Warning, "preflight-not-routed", "Nothing answers preflights",
			"OPTIONS goes on to the routes: paths without one answer 404, and those behind a login 401.", "Use "+w.call+", which answers them."),
		vary: b.add("vary", finding.Warning, "missing-vary-origin", "The origin is repeated without Vary: Origin",
			"A cache may give the answer for one page to another, which browsers then refuse.", "Send Vary: Origin with every answer, or leave it to "+w.call+"."),
		misspelled: b.add("misspelled-header", finding.Error, "misspelled-cors-header", "There is no CORS header of this name",
			"Browsers ignore it.", "Write it like one of Access-Control-Allow-Origin, -Allow-Methods, -Allow-Headers, -Allow-Credentials, -Expose-Headers, -Max-Age."),
		notTrue: b.add("header-credentials-not-true", finding.Error, "acac-not-true", "Access-Control-Allow-Credentials is not true",
			"Browsers compare with true, in lower case.", "Send true, or leave out the header."),
	}
}
