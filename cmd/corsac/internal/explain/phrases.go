package explain

import "strings"

// phrase is what stands for words around a particular that is not known, where a
// general word would repeat them or say nothing: {name} is in with.
type phrase struct{ name, with, without string }

// phrases are looked up in this order, the longer ones first.
var phrases = []phrase{
	{"page", "the origin {page}", "your page's origin"},
	{"sent", "the page's origin, {sent}", "your page's origin"},
	{"sent", "the app's origin, {sent}", "the app's origin"},
	{"sent", "with exactly {sent}: write the origin like this in", "with exactly its own origin: write it like that in"},
	{"sent", "Add {sent} to the origins that the policy allows, exactly as written here", "Add your page's origin to those that the policy allows, exactly as browsers send it"},
	{"sent", "Add {sent} to the origins that", "Add your page's origin to those that"},
	{"sent", "add {sent} to the origins that", "add your page's origin to those that"},
	{"page", "Add {page} to the origins that", "Add your page's origin to those that"},

	{"value", "The server allows a different origin, {value}, not", "The server allows a different origin, not"},
	{"value", "its own origin, {value}, instead", "its own origin instead"},
	{"value", "the allowed origin, {value}, whatever", "the allowed origin, whatever"},
	{"value", "another origin, {value}", "another origin"},
	{"value", "Open the page at {value}", "Open the page at the origin that the server allows"},
	{"value", "The server allows {value}", "The server allows another origin"},
	{"value", ": {value}", ""},
	{"credentials", "must be true, but is {credentials}", "must be true, and is not"},
	{"headers", ": {headers}", ""},
	{"methods", ": {methods}", ""},
	{"max-age", ": {max-age}", ""},
	{"wrong", ": {wrong}", ""},
	{"location", "Call {location} from the page", "From the page, call the URL in the Location header of the redirect"},
	{"location", "the Location header: {location}", "the Location header."},
	{"right", " The name is {right}.", ""},
	{"wrong", "Rename {wrong} to {right}", "Correct the name"},
	{"detail", "The error is: {detail}.", ""},
	{"detail", ": {detail}.", "."},
	{"exception", "The browser says: {exception}", "The exception says what is wrong with it."},

	{"status", " ({status})", ""},
	{"status", ": {status}", ""},
	{"status", "this one is {status}", "this one is an error"},
	{"status", "read the {status}", "read the status"},

	{"refused", "does not allow the header {refused}", "does not allow a header of the request"},
	{"refused", "Add {refused} to the headers that", "Add the header that the page sends to those that"},
	{"refused", "including {refused}", "including that of the request"},
	{"refused", " The page sends {refused}.", ""},
	{"refused", "does not set {refused}: a library does", "does not set the header: a library does"},
	{"refused", ": {refused}", ""},
	{"hidden", "cannot read the response header {hidden}", "cannot read a response header"},
	{"hidden", "Add {hidden} to the headers that", "Add the header that script reads to those that"},
	{"hidden", "including {hidden}", "including the one that script reads"},
	{"header", "the request header {header}", "this request header"},
	{"cookie", "the cookie {cookie}", "the cookie"},
	{"insecure", "the cookie {insecure}", "the cookie"},

	{"method", "the method {method}", "the request's method"},
	{"method", "The page sends {method} in lower case, but the server allows {upper}", "The page sends the method in lower case, but the server allows it in upper case"},
	{"method", "Write {upper} in the page's request", "Write the method in upper case in the page's request"},
	{"method", "Add {method} to the methods that", "Add the request's method to those that"},
	{"method", "List the methods by name, including {method}", "List the methods by name, including that of the request"},
	{"method", "the response to {method}", "the response to the request itself"},

	{"server", "Nothing listens at {server}", "Nothing listens at the server's address"},
	{"server", "port instead of {server}", "port instead of this one"},
	{"server", "requests for {server}", "requests for this server"},
	{"host", "The certificate is not for {host}", "The certificate is not for the host name in the URL"},
	{"host", "get a certificate for {host}", "get a certificate for that name"},
	{"host", "{host} could not be resolved", "The host name could not be resolved"},
	{"host", "Add {host} to the host names that", "Add the one in the URL to the host names that"},
	{"host", "refuses the host name {host}", "refuses the host name in the URL"},
	{"host", "and {host} is not on it", "and the one in the URL is not on it"},
	{"host", "the page calls {host}", "the page calls another address"},
	{"port", "connect to port {port}", "connect to this port"},
}

// general replaces words around the particulars that are not known.
func (w *words) general(text string) string {
	for _, p := range phrases {
		if strings.Contains(text, p.with) && w.particular(p.name) == "" {
			text = strings.ReplaceAll(text, p.with, p.without)
		}
	}
	return text
}

// beginsSentence reports whether what follows a text begins a sentence.
func beginsSentence(text string) bool {
	text = strings.TrimRight(text, " \n")
	return text == "" || strings.ContainsAny(text[len(text)-1:], ".?!")
}

// capital returns a word with its first letter in upper case.
func capital(word string) string {
	if word == "" {
		return ""
	}
	return strings.ToUpper(word[:1]) + word[1:]
}
