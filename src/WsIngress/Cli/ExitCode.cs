namespace WsIngress.Cli;

/// <summary>Exit codes of every command.</summary>
internal static class ExitCode
{
    public const int Done = 0;

    /// <summary>It ran and found something wrong: problems in manifests, a refused handshake, a port that is taken.</summary>
    public const int Problems = 1;

    /// <summary>The command line, an environment variable or the settings file cannot be used.</summary>
    public const int Usage = 2;
}
