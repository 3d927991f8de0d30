package cause

import "github.com/corsac-dev/corsac/fetch"

// What the examples have in common.
const (
	app     = "https://app.example.com"
	local   = "http://localhost:5173"
	api     = "https://api.example.com/items"
	allowed = "Access-Control-Allow-Origin: https://app.example.com\nVary: Origin\n"
	allowIt = "Access-Control-Allow-Methods: PUT, DELETE\nAccess-Control-Allow-Headers: content-type, x-api-key, authorization\n"
	cookies = "Access-Control-Allow-Credentials: true\n"
)

// get, put and post are requests of script to the API.
func get(headers ...fetch.Header) fetch.Request { return fetch.Request{URL: api, Headers: headers} }

func put(headers ...fetch.Header) fetch.Request {
	return fetch.Request{URL: api, Method: "PUT", Headers: headers}
}

// withCookies is a request in credentials mode include.
func withCookies(r fetch.Request) fetch.Request {
	r.Credentials = fetch.CredentialsInclude
	return r
}

// fromApp is a request of the page https://app.example.com.
func fromApp(r fetch.Request, answers ...Answer) Scenario {
	return Scenario{Page: app, Request: r, Answers: answers}
}

// answered is a scenario in which only the answers differ.
func answered(answers ...Answer) Scenario { return Scenario{Answers: answers} }

// granted is a preflight's answer that allows the request, and read an answer
// that the page can read.
var (
	granted = Answer{Status: 204, Headers: allowed + allowIt}
	read    = Answer{Status: 200, Headers: allowed}
)

// key is a header of the examples that needs a preflight.
var key = fetch.Header{Name: "X-Api-Key", Value: "k"}

// grants is a preflight's answer to the page https://app.example.com.
func grants(lines string) Answer { return Answer{Status: 204, Headers: allowed + lines} }
