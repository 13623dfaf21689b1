// Package api is the producer's REST API: what people, their scripts and the
// console ask of Longshore.
//
//	GET  /api/v1/...      needs the bearer token, when there is one
//	GET  /openapi.json    generated from the handlers, as /openapi.yaml is
//	GET  /docs            the same for people; loads nothing from elsewhere
//	GET  /healthz         the process is up
//	GET  /readyz          the state bucket and Redis answer
//
// What must stay true:
//
//   - No answer holds a secret: not of a definition, not in an error.
//     TestNoAnswerHoldsASecret pushes literal ones and reads everything.
//   - Any producer may answer. All state is in the ledger; Redis is asked for
//     progress only, and a run can be shown without it.
//   - A trigger with an idempotency key names one run, however often it is sent.
package api
