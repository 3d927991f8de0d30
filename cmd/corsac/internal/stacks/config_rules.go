package stacks

import "github.com/corsac-dev/corsac/cmd/corsac/internal/finding"

// commonRules are mistakes that people make with settings of every kind.
type commonRules struct {
	reflects, wildcard, wildcardNames  *Rule
	never, literal, null               *Rule
	unanchored, wide, glob, unreadable *Rule
	prefixed, partial                  *Rule
	vary, several                      *Rule
}

// commonRulesOf returns them for the stack of a name and title.
func commonRulesOf(name, title string) *commonRules {
	c, m := &commonRules{}, ruleMaker(name)
	m.answerRules(c, title)
	m.exactRules(c, title)
	m.expressionRules(c, title)
	return c
}

// answerRules adds the rules about what answers say.
func (m ruleMaker) answerRules(c *commonRules, title string) {
	c.reflects = m.rule("reflects-any-origin", finding.Error, "",
		"Every origin is allowed, with credentials",
		title+" then sends back the origin of every page, so any website can read what its visitors' cookies open.",
		"List the origins that may send credentials, or do not allow credentials.")
	c.wildcard = m.rule("wildcard-with-credentials", finding.Error, "wildcard-origin-with-credentials",
		"* does not work with credentials",
		"Browsers refuse an answer to a request with credentials if it allows every origin.",
		"List the origins that may send credentials, or do not allow credentials.")
	c.wildcardNames = m.rule("wildcard-names-with-credentials", finding.Error, "wildcard-headers-with-credentials",
		"A list of * does not work with credentials",
		"With credentials, browsers take * as the name of a method or header.",
		"List the methods and headers.")
	c.vary = m.rule("no-vary", finding.Warning, "conditional-cors-without-vary",
		"Answers differ by origin, but do not say so",
		"Without Vary: Origin, a cache can give one page the answer for another, or one without CORS headers.",
		"Send Vary: Origin with every answer of this route.")
	c.several = m.rule("several-origins", finding.Error, "acao-list-of-origins",
		"Several origins in one header",
		"Browsers take the value for one origin, which no page has.",
		"Compare the Origin header of the request with a list, and send back the one that is in it.")
}

// exactRules adds the rules about origins that are compared as they are.
func (m ruleMaker) exactRules(c *commonRules, title string) {
	c.never = m.rule("no-such-origin", finding.Error, "origin-not-allowed",
		"This is not an origin that a browser sends",
		title+" compares origins as they are, and those of browsers are in lower case, with a scheme, and without a path, a slash at the end or a port that is the usual one.",
		"Write the origin as it is in the Origin header of the request, such as https://app.example.com.")
	c.literal = m.rule("wildcard-is-literal", finding.Error, "origin-not-allowed",
		title+" does not know this wildcard",
		"It compares the asterisk as it is, so that no page matches.",
		"List each origin, or use what "+title+" has for several.")
	c.null = m.rule("null-origin", finding.Error, "acao-literal-null",
		"The origin null is allowed",
		"Any website can make a page with the origin null, in a sandboxed frame.",
		"Serve the page over http or https, and allow its origin.")
	c.prefixed = m.rule("prefix-of-origin", finding.Error, "",
		"A prefix is not enough to compare an origin with",
		"https://app.example.com is also the beginning of https://app.example.com.evil.example, which anybody can register.",
		"Write exact, or an expression for the whole origin.")
	c.partial = m.rule("part-of-origin", finding.Error, "",
		"A part is not enough to compare an origin with",
		"Anybody can register a name that contains example.com, or ends with it, such as evilexample.com.",
		`Write exact, or an expression for the whole origin: https://([a-z0-9-]+\.)+example\.com.`)
}

// expressionRules adds the rules about expressions for origins.
func (m ruleMaker) expressionRules(c *commonRules, title string) {
	c.unanchored = m.rule("unanchored-origin", finding.Error, "",
		"The expression for origins has no anchors",
		title+" looks for it anywhere in the origin, so https://app.example.com.evil.example matches too.",
		"Write ^ before and $ after the expression.")
	c.wide = m.rule("expression-too-wide", finding.Error, "",
		"The expression for origins matches domains of others",
		"A dot without a backslash, or a part such as .* beside the domain, also matches names that somebody else can register.",
		`Write \. for a dot, and match whole labels before the domain: ^https://([a-z0-9-]+\.)+example\.com$.`)
	c.glob = m.rule("wildcard-in-expression", finding.Error, "origin-not-allowed",
		"A wildcard stands where "+title+" reads an expression",
		"In an expression, * repeats the character before it, so that no page matches.",
		`Write the expression for it, such as ^https://([a-z0-9-]+\.)+example\.com$.`)
	c.unreadable = m.rule("invalid-expression", finding.Error, "",
		"The expression for origins cannot be read",
		"It is not valid, or it needs an engine that looks ahead or back, which "+title+" may not have.",
		"Write it without lookarounds and backreferences.")
}
