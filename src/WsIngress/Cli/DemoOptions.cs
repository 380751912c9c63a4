namespace WsIngress.Cli;

/// <summary>One <c>wsingress demo</c>: <see cref="Run"/> with its own folder filled in, and how it reports.</summary>
internal sealed record DemoOptions(RunOptions Run, OutputFormat Output);
