// Package policyfile reads and writes the policies of a corsac.yaml, so that a
// server in Go and the gateway of corsac serve can share one file:
//
//	policies:
//	  app:
//	    allow_origins: [https://app.example.com, "https://*.example.org"]
//	    allow_methods: [PUT, DELETE]
//	    allow_headers: [Authorization, Content-Type]
//	    allow_credentials: true
//	    max_age: 1h
//
// The fields of a policy are those of [cors.Policy], under the names of its JSON
// form. max_age is a duration or a whole number of seconds.
//
//   - [Parse] reports every mistake at once: its line and column, what is wrong and
//     what to write instead. Nothing is guessed: a field that does not exist, a
//     value of the wrong type, and whatever [cors.New] refuses are mistakes.
//   - Only the section named policies is read. Others, such as gateway, belong to
//     the program; "corsac validate" checks the whole file.
//   - Anchors, aliases and merge keys (<<) work as in any YAML.
//   - A file is hostile until read: its size, its depth, the number of its values
//     and what its aliases expand to are bounded.
//   - [Marshal] writes what Parse reads, and [Line] a single field, for advice.
package policyfile
