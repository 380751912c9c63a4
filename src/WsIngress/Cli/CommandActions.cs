namespace WsIngress.Cli;

/// <summary>Serves until <paramref name="stopping"/>, calls <paramref name="ready"/> once when every listener serves the first table; exit code.</summary>
internal delegate Task<int> RunAction(RunOptions options, Action<BoundListeners> ready, CancellationToken stopping);

/// <summary>As <see cref="RunAction"/>, over a cluster; <paramref name="ready"/> also learns the URL of the API server.</summary>
internal delegate Task<int> ControllerAction(ControllerOptions options, Action<BoundListeners, string> ready, CancellationToken stopping);

/// <summary>Prints all problems of the given manifests; 1 when there are any.</summary>
internal delegate Task<int> ValidateAction(ValidateOptions options, CliConsole console, CancellationToken stopping);

/// <summary>Prints the routing table of a folder or of a running process.</summary>
internal delegate Task<int> RoutesAction(RoutesOptions options, CliConsole console, CancellationToken stopping);

/// <summary>Lists, shows, closes or drains the sockets of a running process.</summary>
internal delegate Task<int> ConnectionsAction(ConnectionsOptions options, CliConsole console, CancellationToken stopping);

/// <summary>What the commands that need the whole product call; the tree itself knows only their options.</summary>
internal sealed record CommandActions(RunAction Run, ControllerAction Control, ValidateAction Validate, RoutesAction Routes, ConnectionsAction Connections);
