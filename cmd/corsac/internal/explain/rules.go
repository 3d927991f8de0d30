package explain

import "sync"

// generic is the slug of messages that only say that a request failed.
const generic = "network-error-generic"

// rules returns every rule. Of rules that match the same text, the first counts.
var rules = sync.OnceValue(func() []rule {
	return lazily(chromeRules, firefoxRules, safariRules, pageRules, columnRules, serverRules, gatewayRules, programRules, networkRules, genericRules, otherRules)
})
