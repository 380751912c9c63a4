namespace WsIngress.Cli;

/// <summary>Waiting for a cancellation as an ordinary event.</summary>
internal static class CancellationTokenWait
{
    /// <summary>Ends, without an exception, when <paramref name="token"/> is cancelled.</summary>
    public static async Task WaitAsync(this CancellationToken token)
    {
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (token.Register(() => cancelled.TrySetResult()))
        {
            await cancelled.Task;
        }
    }
}
