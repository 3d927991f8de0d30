package stacks

import "github.com/corsac-dev/corsac/cmd/corsac/internal/finding"

var npmWords = jsWords{
	list:    "List the origins of your pages in an array.",
	methods: "methods", headers: "allowedHeaders", expose: "exposedHeaders", call: "app.use(cors(…))",
}

// npmRules are the mistakes in the options of the npm package cors.
var npmRules = newNpmRules()

func newNpmRules() *jsRules {
	r := newJSRules("express", npmWords)
	r.addDefaultMethods(npmWords, "GET, HEAD, PUT, PATCH, POST and DELETE")
	r.addConstantOrigin("Put it into an array with the origin of the deployed page.")
	r.addPreflights()
	r.addWildcardWithCredentials(npmWords)
	r.addUnknownOption("The package cors does not know this option", "origin, methods, allowedHeaders, exposedHeaders, credentials, maxAge, preflightContinue and optionsSuccessStatus")
	r.addStateful()
	r.leftOut = r.add("left-out", finding.Note, "", "Only the origins are chosen",
		"Without credentials, pages cannot send cookies; without exposedHeaders, they cannot read headers of their own; without maxAge, browsers repeat preflights after five seconds.",
		"Set those that your pages need.")
	r.everyOptions = r.add("every-options", finding.Note, "", "Every OPTIONS request is answered, with all lists",
		"The package ends each OPTIONS with 204, also those that are not preflights, and sends methods, headers and credentials to origins that it refuses, too.",
		"Nothing needs to be done, unless routes of your own answer OPTIONS.")
	r.addOriginFromEnv("acao-unset-variable", "the package sets no headers at all.")
	r.originFalse = r.add("origin-false", finding.Note, "conditional-cors-without-vary", "The function for origin answers with false",
		"The package then does nothing at all: the answer has no Vary: Origin, so that a cache may give it to allowed pages, and preflights reach the routes.",
		"Give cors an array of origins.")
	r.credentialsNotTrue = r.add("credentials-not-true", finding.Error, "acac-missing", "credentials is not true",
		"The package compares with ===: a string such as 'true' does not allow credentials.", "Write credentials: true.")
	return r
}
