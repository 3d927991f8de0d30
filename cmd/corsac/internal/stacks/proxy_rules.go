package stacks

import (
	"slices"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
)

// proxyRules are the mistakes that people make with proxies of every kind.
type proxyRules struct {
	reflects, reflectsPlain, wildcard, wildcardNames  *Rule
	unanchored, start, wide, dot, fold, partial, null *Rule
	several, twice, empty, slash, subdomains, invalid *Rule
	ownOrigin, notTrue, maxAge                        *Rule
	errors, vary, varyIf                              *Rule
	noPreflight, auth, refused, only, bare            *Rule
	doubled, kept                                     *Rule
	options, noMaxAge                                 *Rule

	// own are those of the stack only.
	own []*Rule
}

// all returns the rules, the worst first.
func (r *proxyRules) all() []*Rule {
	list := append([]*Rule{
		r.reflects, r.reflectsPlain, r.wildcard, r.wildcardNames, r.unanchored, r.start, r.wide, r.dot, r.fold, r.partial, r.null,
		r.several, r.twice, r.empty, r.slash, r.subdomains, r.invalid, r.ownOrigin, r.notTrue, r.maxAge,
		r.errors, r.vary, r.varyIf, r.noPreflight, r.auth, r.refused, r.only, r.bare, r.doubled, r.kept, r.options, r.noMaxAge,
	}, r.own...)
	return slices.DeleteFunc(list, func(r *Rule) bool { return r == nil })
}

// proxyWords are the words of a stack in its rules.
type proxyWords struct {
	ruleMaker

	title string
	// repeat is what repeats the origin, list what chooses from several.
	repeat, list string
	// errors says why errors have no headers, and errorsFix what to do.
	errors, errorsFix string
	vary, preflight   string // what to add
	app               string // what removes the header of the application
	// whole says that it has no way to compare a part of the origin, other than
	// expressions.
	whole bool
}

// rules returns the rules of a stack.
func (w *proxyWords) rules(own ...*Rule) *proxyRules {
	common := commonRulesOf(string(w.ruleMaker), w.title)
	r := &proxyRules{wildcardNames: common.wildcardNames, unanchored: common.unanchored, null: common.null, own: own}
	w.whoRules(r)
	w.valueRules(r)
	w.answerRules(r)
	return r
}

// whoRules are about who may read answers.
func (w *proxyWords) whoRules(r *proxyRules) {
	r.reflects = w.rule("reflects-any-origin", finding.Error, "",
		"Every origin is allowed, with credentials",
		w.repeat+" sends back whatever origin asks, so any website can read what its visitors' cookies open.",
		w.list)
	r.reflectsPlain = w.rule("reflects-origin", finding.Warning, "",
		"Every origin is repeated",
		"Without credentials this allows what * allows, but answers differ by origin, and caches keep one for each.",
		"Write *, or compare the origin with a list. "+w.list)
	r.wildcard = w.rule("wildcard-with-credentials", finding.Error, "wildcard-origin-with-credentials",
		"* does not work with credentials",
		"Browsers refuse an answer to a request with credentials if it allows every origin.",
		"Name the origins that may send credentials, or delete the Access-Control-Allow-Credentials line.")
	r.start = w.rule("no-start-anchor", finding.Note, "",
		"The expression for origins has no ^",
		w.title+" looks for it anywhere in the origin. As it begins with a scheme, only forged origins match besides.",
		"Write ^ before the expression.")
	r.wide = w.rule("expression-too-wide", finding.Error, "",
		"The expression for origins matches domains of others",
		"A part such as .* before or after the domain also matches a name that somebody else can register.",
		`Match whole labels before the domain: ^https://([a-z0-9-]+\.)+example\.com$.`)
	r.dot = w.rule("dot-not-escaped", finding.Error, "",
		"A dot in the expression for origins matches any character",
		"https://app.example.com also matches https://appxexample.com, which anybody can register.",
		`Write \. for a dot.`)
	r.fold = w.rule("case-insensitive-origin", finding.Note, "",
		"The comparison with the origin ignores case",
		"Browsers send origins in lower case, so only forged ones match besides.",
		"Compare exactly.")
	r.partial = w.rule("part-of-origin", finding.Error, "",
		"Only a part of the origin is compared",
		"Anybody can register a name that contains example.com, or begins or ends with it, such as evilexample.com.",
		`Compare the whole origin, or use an expression: ^https://([a-z0-9-]+\.)+example\.com$.`)
	if w.whole {
		r.partial = nil
	}
}

// valueRules are about what a header says.
func (w *proxyWords) valueRules(r *proxyRules) {
	r.several = w.rule("several-origins", finding.Error, "acao-list-of-origins",
		"Access-Control-Allow-Origin has several origins",
		"Browsers accept one origin, or *; they refuse every other value.",
		w.list)
	r.twice = w.rule("header-twice", finding.Error, "duplicate-acao",
		"Access-Control-Allow-Origin is sent twice",
		"Both lines apply, and browsers refuse an answer with two of the header.",
		"Delete all but one of the lines. For several origins: "+w.list)
	r.empty = w.rule("empty-header", finding.Warning, "acao-unset-variable",
		"Access-Control-Allow-Origin is sent without a value",
		"Origins that are not allowed get an empty header. Browsers refuse it, with a message that does not say why.",
		"Send the header only to origins that are allowed.")
	r.slash = w.rule("trailing-slash", finding.Error, "acao-trailing-slash",
		"The origin ends with a slash",
		"Browsers compare the header letter by letter, and origins have no slash at the end.",
		"Delete the slash.")
	r.subdomains = w.rule("wildcard-in-origin", finding.Error, "acao-subdomain-wildcard",
		"The header has a wildcard in an origin",
		"Browsers know * only by itself; https://*.example.com is not an origin to them.",
		w.list)
	r.invalid = w.rule("invalid-origin", finding.Error, "acao-invalid-value",
		"The header has a value that is not an origin",
		"Browsers compare it with the page's origin letter by letter: scheme, host in lower case, and the port unless it is the usual one.",
		"Write the origin as browsers send it, such as https://app.example.com.")
	r.ownOrigin = w.rule("own-origin", finding.Warning, "acao-is-server-own-origin",
		"The header has the server's own address",
		"Requests from there need no CORS, and requests from elsewhere are refused.",
		"Name the origin of the page.")
	r.notTrue = w.rule("credentials-not-true", finding.Warning, "acac-not-true",
		"Access-Control-Allow-Credentials has another value than true",
		"Browsers know only true, in lower case; everything else means no.",
		"Write true, or delete the line.")
	r.maxAge = w.rule("invalid-max-age", finding.Warning, "max-age-ignored",
		"Access-Control-Max-Age is not a number of seconds",
		"Browsers ignore it, and ask again after five seconds.",
		"Write a number such as 3600.")
}

// answerRules are about which answers have the headers.
func (w *proxyWords) answerRules(r *proxyRules) {
	r.errors = w.rule("lost-on-errors", finding.Warning, "headers-only-on-success",
		"The header is not sent with errors of "+w.title,
		w.errors, w.errorsFix)
	r.vary = w.rule("missing-vary", finding.Warning, "missing-vary-origin",
		"Vary: Origin is missing",
		"The answer depends on the origin. A cache that does not know gives the one for one origin to the next.",
		w.vary)
	r.varyIf = w.rule("conditional-vary", finding.Warning, "conditional-cors-without-vary",
		"Vary: Origin is sent to some origins only",
		"A cache may keep the answer for others, without CORS headers, and give it to those that are allowed.",
		w.vary+" Give the line no condition.")
	r.noPreflight = w.rule("no-preflight-answer", finding.Warning, "preflight-not-routed",
		"Preflights are left to the application",
		"An application without a route for OPTIONS answers 401, 404 or 405, and one that is down 502 or 503; browsers then block the request.",
		w.preflight)
	r.auth = w.rule("preflight-behind-auth", finding.Error, "preflight-requires-auth",
		"Preflights must log in",
		"Browsers send preflights without credentials, so that this refuses them.",
		w.preflight+" That must come before authentication.")
	r.refused = w.rule("preflight-refused", finding.Error, "preflight-bad-status",
		"Preflights get a status that browsers refuse",
		"The answer to a preflight must have a status from 200 to 299.",
		"Answer OPTIONS before this line, or let it apply to other methods only.")
	r.only = w.rule("only-on-preflight", finding.Error, "cors-only-on-preflight",
		"Only preflights get the header",
		"The answer to the request itself needs Access-Control-Allow-Origin, too.",
		"Set the header for all methods.")
	r.bare = w.rule("preflight-without-headers", finding.Error, "preflight-without-cors-headers",
		"The answer to preflights has no CORS headers",
		w.title+" answers them by itself here, and the lines with the headers do not apply to that answer.",
		w.errorsFix)
	r.doubled = w.rule("upstream-headers-doubled", finding.Warning, "duplicate-acao",
		"Headers of the application are sent, too",
		"This does not replace the header of the application. If that sends Access-Control-Allow-Origin, browsers see two and refuse the answer.",
		w.app)
	r.kept = w.rule("upstream-headers-kept", finding.Warning, "",
		"The application can allow other origins",
		"Its own Access-Control-Allow-Origin goes to the origins that are not allowed here.",
		w.app)
	r.options = w.rule("every-options-answered", finding.Note, "",
		"Every OPTIONS request is answered here",
		"A preflight also has the headers Origin and Access-Control-Request-Method. Other OPTIONS requests no longer reach the application.",
		"Answer only requests with both headers.")
	r.noMaxAge = w.rule("no-max-age", finding.Note, "",
		"Browsers ask again after five seconds",
		"Without Access-Control-Max-Age, nearly every request has a preflight before it.",
		"Send Access-Control-Max-Age, such as 3600.")
}
