package alert

import "context"

// Send goes through the outboxes that are due, once.
func Send(ctx context.Context, w *Watcher) { w.send(ctx) }
