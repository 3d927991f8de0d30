// Package explain reads what people have on the clipboard when CORS fails:
// lines of a browser's console, errors of programs, logs of servers, the output
// of curl, HAR files, verdicts. It says what it means and what to do.
//
//   - [Explain] recognises the kind of input by its content. It sends nothing.
//   - A message is recognised by a rule: a pattern, the slug of the message, and
//     its causes, the most likely first. Where a message contains what decides,
//     package fetch/cause decides, with the response that the message implies.
//   - What no rule recognises is not guessed at.
//   - Input is hostile. Its length, the number of messages and the length of
//     everything that is taken from it are bounded, and patterns run in linear
//     time.
package explain
