namespace WsIngress.Cli;

/// <summary>Everything <c>wsingress run</c> can be told.</summary>
/// <param name="Server">What it shares with <c>wsingress controller</c>.</param>
/// <param name="Manifests">Full path of the folder of manifests; it existed when the options were read.</param>
internal sealed record RunOptions(ServerOptions Server, string Manifests);
