// Command devtools writes what the developer tools of browsers copy and export, as test data: the texts
// of "Copy as cURL", "as PowerShell" and "as fetch", and HAR files.
//
// A page makes a set of requests (requests.js) to servers on fixed ports of loopback (answers.go), in
// Chromium and in Firefox, with the browser's own Network panel open on it. The panel's own handlers
// then run: in Chromium by a script in the front-end, which the browser serves on its debugging port to
// a second tab (inspector.js), and in Firefox by one in the toolbox, over Marionette (netmonitor.js).
// Nothing of what is written is made here but the truth:
//
//   - BROWSER/NAME.FORM.txt is a copy, byte by byte. The forms are bash, cmd, powershell, fetch and, of
//     Chromium, node; all.FORM.txt is "Copy all as …", which Firefox does not have.
//   - BROWSER/NAME.json is what the server saw of that request; NAME.preflight.* is of its preflight.
//   - BROWSER.har is the export: Chromium's is sanitized, and chromium-sensitive.har is one "with
//     sensitive data" of fewer requests.
//   - BROWSER.json is what the page's script asked for and saw of each request in BROWSER.har, with
//     the console's messages about it.
//
// Times, boundaries of multipart bodies, keys of WebSockets and ids of connections differ from run to
// run; all else stays as long as the browsers do.
package main
