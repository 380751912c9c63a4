using System.Globalization;
using WsIngress.Bench.Load;
using WsIngress.Bench.Proxies;

namespace WsIngress.Bench.Comparison;

/// <summary>What the command line of `data-plane` and `collections` says.</summary>
internal sealed record DataPlaneOptions
{
    private const string Usage = """
        usage: -- data-plane [OPTIONS]
          --seconds S         length of one run (3)
          --rounds R          runs per proxy and row, A B C A B C; the median counts (3)
          --quick             short and small: 1 s and 1 round unless said otherwise, at most 1,000 sockets
          --only A,B          idle, idle-tls, ws, wss, sizes, sizes-tls, stream, stream-tls, handshake, handshake-tls, latency, http
          --peers A,B         of nginx, haproxy, yarp, wsingress, bare, direct (all)
          --wsingress PATH    the built executable (src/WsIngress/bin/Release/net10.0/wsingress)
          --wsingress-args "A B"   more arguments for it
          --variant NAME="A B"     wsingress once more, with these arguments, as a column of its own; may be repeated
          --json FILE         all figures of all rounds
        """;

    public double Seconds { get; init; } = 3;

    public int Rounds { get; init; } = 3;

    public bool Quick { get; init; }

    /// <summary>Empty for all.</summary>
    public string[] Only { get; init; } = [];

    /// <summary>Empty for all.</summary>
    public string[] Peers { get; init; } = [];

    public string Program { get; init; } = DefaultProgram();

    public string[] Arguments { get; init; } = [];

    public IReadOnlyList<(string Name, string[] Arguments)> Variants { get; init; } = [];

    public string? Json { get; init; }

    /// <summary>Null when the command line cannot be used; why is said.</summary>
    public static DataPlaneOptions? Read(string[] arguments)
    {
        try
        {
            return arguments.Contains("--help") ? throw new FormatException("wsingress beside other proxies") : Parse(arguments);
        }
        catch (FormatException error)
        {
            Console.Error.WriteLine($"{error.Message}\n{Usage}");
            return null;
        }
    }

    /// <exception cref="FormatException">Names what cannot be used.</exception>
    private static DataPlaneOptions Parse(string[] arguments)
    {
        var quick = arguments.Contains("--quick");
        var options = quick ? new() { Quick = true, Seconds = 1, Rounds = 1 } : new DataPlaneOptions();
        for (var i = 0; i < arguments.Length; i++)
        {
            if (arguments[i] == "--quick")
            {
                continue;
            }

            var value = i + 1 < arguments.Length ? arguments[i + 1] : throw new FormatException($"{arguments[i]}: a value is missing");
            options = options.With(arguments[i++], value);
        }

        return options;
    }

    /// <summary>In the order of the columns, without those that are not installed.</summary>
    public IReadOnlyList<ProxyKind> Kinds()
    {
        var kinds = new List<ProxyKind?> { ProxyKind.Nginx(), ProxyKind.HAProxy(), ProxyKind.Yarp() };
        if (File.Exists(Program))
        {
            kinds.Add(ProxyKind.WsIngress("wsingress", Program, Arguments));
            kinds.AddRange(Variants.Select(v => ProxyKind.WsIngress(v.Name, Program, v.Arguments)));
        }

        kinds.AddRange([ProxyKind.Bare, ProxyKind.Direct]);
        return [.. kinds.OfType<ProxyKind>().Where(k => Peers.Length == 0 || Peers.Contains(k.Name))];
    }

    public LoadOptions Load(string mode, int sockets, int payload, bool tls = false, bool resume = false) => new()
    {
        Mode = mode,
        Port = 1,
        Host = Workplace.Host,
        Sockets = sockets,
        Payload = payload,
        Seconds = Seconds,
        Tls = tls,
        Resume = resume,
    };

    private DataPlaneOptions With(string name, string value) => name switch
    {
        "--seconds" => this with { Seconds = Number(name, value, 0.2, 600) },
        "--rounds" => this with { Rounds = (int)Number(name, value, 1, 100) },
        "--only" => this with { Only = value.Split(',') },
        "--peers" => this with { Peers = value.Split(',') },
        "--wsingress" => this with { Program = File.Exists(value) ? Path.GetFullPath(value) : throw new FormatException($"{name}: '{value}' is no file") },
        "--wsingress-args" => this with { Arguments = Words(value) },
        "--variant" => this with { Variants = [.. Variants, value.IndexOf('=') is var at and > 0 ? (value[..at], Words(value[(at + 1)..])) : throw new FormatException($"{name}: '{value}' is not NAME=ARGUMENTS")] },
        "--json" => this with { Json = Path.GetFullPath(value) },
        _ => throw new FormatException($"{name}: there is no such option"),
    };

    private static double Number(string name, string value, double least, double most) =>
        double.TryParse(value, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most ? number : throw new FormatException($"{name}: '{value}': allowed: {least} to {most}");

    private static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Of this work tree.</summary>
    private static string DefaultProgram()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "WsIngress.sln")))
        {
            folder = folder.Parent;
        }

        return Path.Combine(folder?.FullName ?? "", "src/WsIngress/bin/Release/net10.0/wsingress");
    }
}
